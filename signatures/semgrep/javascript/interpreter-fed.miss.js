const https = require('https');
const { spawn, spawnSync } = require('child_process');

const sorter = spawn('sort');
https.get('https://files.example/a', (answer) => answer.pipe(sorter.stdin));
spawnSync('node', ['-'], { input: 'console.log(1)' });
