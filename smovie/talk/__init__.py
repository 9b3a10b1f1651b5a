"""Talking beside posting: what a room allows, edits and deletions, reactions, moderation, reports."""
