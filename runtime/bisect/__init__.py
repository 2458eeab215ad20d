"""Finding the change that broke a page: releases are served one by one over the rows of today, and a command judges each."""
