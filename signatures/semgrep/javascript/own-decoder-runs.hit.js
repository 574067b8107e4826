const texts = new Proxy({}, { get: (_, key) => Buffer.from(key, 'base64').toString() });
eval(texts['MSArIDE=']);
