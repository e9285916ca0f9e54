"""Jobs: the list, the form, the page of one, queues."""
