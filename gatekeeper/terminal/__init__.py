"""The terminal: whoever watches and answers there, and what is said to them and to programs."""
