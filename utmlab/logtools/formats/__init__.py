"""Findings in the words of the programs that read them: text, GitHub, SARIF, JUnit."""
