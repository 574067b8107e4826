function sealed(text: string) {
  return (owner: Function): void => {
    Object.seal(owner);
    console.log(Buffer.from(text, 'base64').toString());
  };
}

@sealed('MSArIDE=')
class Form {}

export { Form };
