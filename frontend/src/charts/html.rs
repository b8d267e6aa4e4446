//! HTML as text, for what has no state. A table of 2,000 rows is made in one go, with much less code than components.

use super::backend::escape;

/// A document in the making.
#[derive(Default)]
pub struct Html(String);

impl Html {
    /// Opens an element with some attributes.
    pub fn open(&mut self, tag: &str, attributes: &[(&str, &str)]) -> &mut Self {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.0.push_str(&escape(value));
            self.0.push('"');
        }
        self.0.push('>');
        self
    }

    /// Closes an element.
    pub fn close(&mut self, tag: &str) -> &mut Self {
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
        self
    }

    /// Text of anybody.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.0.push_str(&escape(text));
        self
    }

    /// An element with a text.
    pub fn element(&mut self, tag: &str, attributes: &[(&str, &str)], text: &str) -> &mut Self {
        self.open(tag, attributes).text(text).close(tag)
    }

    /// A text with a title, as a link if there is an address.
    pub fn linked(&mut self, text: &str, title: Option<&str>, href: Option<&str>) -> &mut Self {
        let title = title.map(|title| ("title", title));
        let href = href.map(|href| ("href", href));
        match (title, href) {
            (None, None) => self.text(text),
            (Some(title), None) => self.element("span", &[title], text),
            (None, Some(href)) => self.element("a", &[href], text),
            (Some(title), Some(href)) => self.element("a", &[href, title], text),
        }
    }

    /// The text of all of it.
    pub fn finish(self) -> String {
        self.0
    }
}
