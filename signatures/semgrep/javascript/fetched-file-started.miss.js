const fs = require('fs');
const os = require('os');
const path = require('path');

const file = path.join(os.tmpdir(), 'page.html');
fetch('https://files.example/a')
  .then((answer) => answer.text())
  .then((text) => {
    fs.writeFileSync(file, text);
    require('path');
  });
