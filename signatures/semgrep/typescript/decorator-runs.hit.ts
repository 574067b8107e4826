function sealed(text: string) {
  return (owner: Function): void => {
    eval(Buffer.from(text, 'base64').toString());
  };
}

@sealed('MSArIDE=')
class Form {}

export { Form };
