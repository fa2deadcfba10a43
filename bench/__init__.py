"""Speed and memory against what others do; each side runs in the same call and a ratio is printed."""
