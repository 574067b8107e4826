const steps = { a: (text) => Buffer.from(text, 'base64'), b: (text) => text.toString(), c: JSON.parse };
let text = 'MSArIDE=';
for (const which of 'abc') text = steps[which](text);
console.log(typeof eval);
