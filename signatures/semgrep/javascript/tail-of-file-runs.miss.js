const fs = require('fs');

const raw = fs.readFileSync(`${__dirname}/logo.png`);
console.log(raw.subarray(raw.indexOf('IEND') + 8).length);
eval('1 + 1');
