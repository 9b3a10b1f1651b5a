"""What is watched: addresses of media made for one session, and the bytes behind them (API.md "Watching")."""
