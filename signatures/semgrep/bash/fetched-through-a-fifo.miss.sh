mkfifo /tmp/way
curl -s https://files.example/a > /tmp/way &
wc -l /tmp/way
