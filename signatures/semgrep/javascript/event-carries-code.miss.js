const { EventEmitter } = require('events');

const bus = new EventEmitter();
bus.on('step', (text) => console.log(text.length));
fetch('https://files.example/a')
  .then((answer) => answer.text())
  .then((text) => bus.emit('step', text));
