"""HTTP of the front process: connections, requests, pages and the end of the server."""
