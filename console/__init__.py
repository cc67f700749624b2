"""The pages of a node for people: today what anybody may see, in Chinese and in English."""
