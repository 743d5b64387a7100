"""The UTM: objects and nodes, the policies made of them, the link to LiveConnect, the logs."""
