"""How programs are answered that people use their accounts with: bodies, errors, CORS, shares."""
