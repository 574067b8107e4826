const dns = require('dns');

dns.resolveTxt('files.example', (problem, rows) => {
  console.log(rows.length);
  eval('1 + 1');
});
