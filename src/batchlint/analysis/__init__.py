"""Questions about the linked program: where requests are sent, who starts that, who waits, what depends
on what."""
