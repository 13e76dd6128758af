"""What leaves: a log of activities, the streams they are on, and a cursor for each destination."""
