//! Words of which names of things are made.

pub(crate) const WORDS: [&str; 64] = [
    "oak", "lamp", "chair", "blue", "garden", "table", "wool", "rug", "shelf", "glass", "copper", "kettle", "linen",
    "desk", "mirror", "clock", "basket", "stool", "velvet", "sofa", "ceramic", "vase", "paper", "candle", "walnut",
    "bench", "cotton", "throw", "steel", "frame", "small", "large", "winter", "summer", "sale", "new", "classic",
    "modern", "kitchen", "bath", "office", "outdoor", "guide", "care", "repair", "story", "design", "maker", "studio",
    "craft", "light", "shadow", "colour", "green", "white", "black", "red", "yellow", "brass", "marble", "stone",
    "rope", "hook", "tray",
];

/// Names of users, as they log in.
pub(crate) const NAMES: [&str; 24] = [
    "alice",
    "bob",
    "carol",
    "j.smith",
    "m.garcia",
    "olga",
    "deploy",
    "admin",
    "k.tanaka",
    "svetlana",
    "mehmet",
    "lea.moreau",
    "giulia",
    "n.okafor",
    "support",
    "anders",
    "priya",
    "h.schulz",
    "zofia",
    "tom",
    "li.wei",
    "fatima",
    "guest",
    "s.novak",
];
