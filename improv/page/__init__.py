"""The page: a process of its own that serves the browser what is played, and hears what is clicked there.

performer ── page_process ── pipe ──> server (a process) ── WebSocket ──> browser: sound, chart, knobs
"""
