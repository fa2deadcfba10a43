"""Reading an article: sentences, speakers, web pages, and the forms it is shown in."""
