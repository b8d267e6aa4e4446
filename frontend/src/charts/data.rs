//! What a chart shows: categories, the values of series for them, and what the values mean.

/// What values count or measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    one: &'static str,
    many: &'static str,
    additive: bool,
}

impl Unit {
    /// Things that can be added up, so that totals and shares make sense: `1 record`, `2 records`.
    pub const fn counted(one: &'static str, many: &'static str) -> Self {
        Self { one, many, additive: true }
    }

    /// A measure that cannot be added up: `s`, `%`.
    pub const fn measured(name: &'static str) -> Self {
        Self { one: name, many: name, additive: false }
    }

    /// Its name beside a value.
    pub fn name(self, value: f64) -> &'static str {
        if value == 1.0 { self.one } else { self.many }
    }

    /// Its name for values in general.
    pub const fn many(self) -> &'static str {
        self.many
    }

    /// What a title has to add: nothing where it names the unit itself.
    pub fn beside(self, title: &str) -> Option<String> {
        match self.additive {
            true => (!title.to_lowercase().contains(self.many)).then(|| self.many.to_owned()),
            false => Some(format!("in {}", self.many)),
        }
    }

    /// Whether values can be added up.
    pub const fn is_additive(self) -> bool {
        self.additive
    }
}

/// The meaning of a colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tone {
    /// The palette's next colour, by position.
    #[default]
    Auto,
    /// A fixed colour of the palette, 1 to 10.
    Slot(u8),
    /// What was folded together.
    Other,
    /// The dashboard's own colour.
    Accent,
    /// Went well.
    Ok,
    /// Needs a look.
    Warn,
    /// Went wrong.
    Danger,
    /// Of no importance.
    Muted,
    /// A severity, 1 to 4.
    Severity(u8),
}

/// One place on the category axis, one bar, one slice, one row of the table.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Category {
    /// Its name, short enough for an axis.
    pub label: String,
    /// Its long form for tooltip, table and CSV, where that differs.
    pub title: Option<String>,
    /// Address in the dashboard of what is behind it.
    pub href: Option<String>,
}

impl Category {
    /// A category without a link.
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// Sets its long form.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets its link, if there is one.
    #[must_use]
    pub fn href(mut self, href: impl Into<Option<String>>) -> Self {
        self.href = href.into();
        self
    }

    /// Its long form, or else its name.
    pub fn full(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.label)
    }
}

/// Values, one for each category.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Series {
    /// What the legend calls it.
    pub name: String,
    /// One for each category. What is missing, negative or not a number counts as 0.
    pub values: Vec<f64>,
    /// Addresses of what is behind each value; may be shorter than the values.
    pub hrefs: Vec<Option<String>>,
    /// Its colour.
    pub tone: Tone,
}

impl Series {
    /// A series of whole numbers.
    pub fn counts(name: impl Into<String>, values: impl IntoIterator<Item = u64>) -> Self {
        // Exact up to 2^53, far beyond any count here.
        Self::measures(name, values.into_iter().map(|value| value as f64))
    }

    /// A series of numbers.
    pub fn measures(name: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        Self { name: name.into(), values: values.into_iter().collect(), ..Self::default() }
    }

    /// Sets a link for each value.
    #[must_use]
    pub fn hrefs(mut self, hrefs: impl IntoIterator<Item = Option<String>>) -> Self {
        self.hrefs = hrefs.into_iter().collect();
        self
    }

    /// Sets its colour.
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    /// The value for a category: never negative, always a number.
    pub fn value(&self, category: usize) -> f64 {
        self.values.get(category).copied().filter(|value| value.is_finite() && *value > 0.0).unwrap_or(0.0)
    }

    /// The link of a category's value.
    pub fn href(&self, category: usize) -> Option<&str> {
        self.hrefs.get(category)?.as_deref()
    }
}

/// All that a chart shows.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Data {
    /// What the categories are, in the singular: the heading of the table's first column.
    pub name: String,
    /// In the order in which they are drawn, except where a chart ranks them.
    pub categories: Vec<Category>,
    /// At least one; a plain chart has just one.
    pub series: Vec<Series>,
    /// Whether the categories follow each other in equal steps, like days, so that labels may be left out.
    pub evenly_spaced: bool,
    /// Colours of the categories, for charts of one series; may be shorter than the categories.
    pub tones: Vec<Tone>,
}

impl Data {
    /// Categories without values yet.
    pub fn new(name: impl Into<String>, categories: impl IntoIterator<Item = Category>) -> Self {
        Self { name: name.into(), categories: categories.into_iter().collect(), ..Self::default() }
    }

    /// Adds a series.
    #[must_use]
    pub fn series(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// Says that the categories follow each other in equal steps.
    #[must_use]
    pub fn evenly_spaced(mut self) -> Self {
        self.evenly_spaced = true;
        self
    }

    /// Sets the colours of the categories.
    #[must_use]
    pub fn tones(mut self, tones: impl IntoIterator<Item = Tone>) -> Self {
        self.tones = tones.into_iter().collect();
        self
    }

    /// Whether there is nothing but zeros.
    pub fn is_empty(&self) -> bool {
        (0..self.categories.len()).all(|category| self.total(category) == 0.0)
    }

    /// The sum over all series of a category.
    pub fn total(&self, category: usize) -> f64 {
        self.series.iter().map(|series| series.value(category)).sum()
    }

    /// The sum over everything.
    pub fn grand_total(&self) -> f64 {
        (0..self.categories.len()).map(|category| self.total(category)).sum()
    }

    /// The largest total of a category.
    pub fn largest_total(&self) -> f64 {
        (0..self.categories.len()).map(|category| self.total(category)).fold(0.0, f64::max)
    }

    /// The largest single value.
    pub fn largest_value(&self) -> f64 {
        let values = |series: &Series| (0..self.categories.len()).map(|i| series.value(i)).fold(0.0, f64::max);
        self.series.iter().map(values).fold(0.0, f64::max)
    }

    /// Whether all values are whole numbers.
    pub fn is_whole(&self) -> bool {
        self.series.iter().all(|series| series.values.iter().all(|value| value.fract() == 0.0))
    }
}

/// How data are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Columns in the given order; those of several series stand on each other.
    Columns,
    /// The same, named for what it is with several series.
    Stacked,
    /// Horizontal bars, largest first, a long tail folded together.
    Bars,
    /// A ring of one series, largest first, a long tail folded together.
    Donut,
    /// A line for each series.
    Lines,
    /// Areas that stand on each other.
    Area,
}

impl Kind {
    /// Whether categories are ranked and their tail folded together.
    pub const fn is_ranked(self) -> bool {
        matches!(self, Self::Bars | Self::Donut)
    }

    /// Whether the values of several series are added up.
    pub const fn is_stacked(self) -> bool {
        !matches!(self, Self::Lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_amount_counts_as_nothing() {
        let series = Series::measures("s", [f64::NAN, -1.0, f64::INFINITY, 2.5]);
        assert_eq!([0, 1, 2, 3, 4].map(|i| series.value(i)), [0.0, 0.0, 0.0, 2.5, 0.0]);
    }

    #[test]
    fn titles_name_their_unit_once() {
        let records = Unit::counted("record", "records");
        assert_eq!(records.beside("Records per day"), None);
        assert_eq!(records.beside("By platform"), Some("records".to_owned()));
        assert_eq!(Unit::measured("s").beside("Slowest updates"), Some("in s".to_owned()));
    }

    #[test]
    fn zeros_are_empty() {
        let days = || Data::new("Day", [Category::new("Mon"), Category::new("Tue")]);
        assert!(Data::default().is_empty());
        assert!(days().is_empty());
        assert!(days().series(Series::counts("records", [0, 0])).is_empty());
        assert!(!days().series(Series::counts("records", [0, 1])).is_empty());
    }
}
