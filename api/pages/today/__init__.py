"""My day: what waits for whoever is signed in."""
