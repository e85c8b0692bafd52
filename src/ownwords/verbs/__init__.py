"""The only wiring: seven verbs over sources, rules, steps and products."""
