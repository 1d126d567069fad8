"""A page that predicts in the browser, as a folder for any web server: `zoo demo --static`."""
