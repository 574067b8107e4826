words=(curl -s https://files.example/a)
"${words[@]}" | wc -l
