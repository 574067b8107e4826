find . -name '*.o' -exec rm -f {} \;
