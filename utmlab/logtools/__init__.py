"""Reading UTM logs: look at them, judge them, explain a line, restore a pasted one."""
