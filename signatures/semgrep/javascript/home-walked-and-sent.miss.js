const fs = require('fs');
const path = require('path');

async function walk(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) await walk(full);
    else console.log(fs.readFileSync(full).length);
  }
}
walk(path.join(__dirname, 'pages'));
