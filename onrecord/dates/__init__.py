"""When a sentence's event is: expressions of time, their tense, and the diary made of them."""
