//! Files that the browser saves: the data as CSV, the picture as SVG or PNG with its colours and fonts written into it.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, Element, HtmlAnchorElement, HtmlCanvasElement, HtmlImageElement,
    Url, XmlSerializer,
};

use super::csv::Table;

/// What the style sheet says of a mark, and a file has to say itself.
const STYLES: [&str; 9] = [
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-linejoin",
    "stroke-linecap",
    "font-family",
    "font-size",
    "font-weight",
];
/// Pixels of a PNG for each pixel of the page.
const SHARPNESS: f64 = 2.0;
/// How long a saved file's address has to live.
const SAVING: Duration = Duration::from_secs(60);

/// A title as the name of a file, without its ending: `Records per day` is `records-per-day`.
pub fn file_name(title: &str) -> String {
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// Saves a table as CSV, named by its title.
pub fn save_table(title: &str, table: &Table) {
    save_text(&format!("{}.csv", file_name(title)), "text/csv;charset=utf-8", &table.csv());
}

/// Saves a text.
fn save_text(name: &str, mime: &str, text: &str) {
    if let Ok(blob) = text_blob(mime, text) {
        let _ = save(name, &blob);
    }
}

/// Saves a drawn chart as SVG.
pub fn save_svg(name: &str, svg: &str) {
    if let Ok(svg) = styled(svg) {
        save_text(name, "image/svg+xml", &svg);
    }
}

/// Saves a drawn chart of a size in pixels as PNG. Does nothing where the browser cannot.
pub async fn save_png(name: String, svg: String, size: (f64, f64)) {
    let _ = draw_png(name, &svg, size).await;
}

async fn draw_png(name: String, svg: &str, (width, height): (f64, f64)) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(&text_blob("image/svg+xml", &styled(svg)?)?)?;
    let image = HtmlImageElement::new()?;
    image.set_src(&url);
    let decoded = JsFuture::from(image.decode()).await;
    Url::revoke_object_url(&url)?;
    decoded?;
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.unchecked_into();
    let (width, height) = (width * SHARPNESS, height * SHARPNESS);
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?.unchecked_into::<CanvasRenderingContext2d>();
    context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width, height)?;
    let done = Closure::once_into_js(move |blob: Option<Blob>| {
        if let Some(blob) = blob {
            let _ = save(&name, &blob);
        }
    });
    canvas.to_blob(done.unchecked_ref())
}

fn text_blob(mime: &str, text: &str) -> Result<Blob, JsValue> {
    let kind = BlobPropertyBag::new();
    kind.set_type(mime);
    Blob::new_with_str_sequence_and_options(&js_sys::Array::of1(&JsValue::from_str(text)), &kind)
}

/// By a click on a link that is not in the page, so that nothing else hears of it.
fn save(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    set_timeout(move || _ = Url::revoke_object_url(&url), SAVING);
    Ok(())
}

/// Puts a drawing into the page for a moment to learn how it looks there, and writes that into it.
fn styled(svg: &str) -> Result<String, JsValue> {
    let place = document().create_element("div")?;
    place.set_class_name("sr-only");
    place.set_inner_html(svg);
    document().body().ok_or(JsValue::NULL)?.append_child(&place)?;
    let root = place.first_element_child().ok_or(JsValue::NULL);
    let text = root.and_then(|root| {
        inline_styles(&root)?;
        XmlSerializer::new()?.serialize_to_string(&root)
    });
    place.remove();
    text
}

fn inline_styles(root: &Element) -> Result<(), JsValue> {
    let marks = root.query_selector_all("[class]")?;
    for mark in (0..marks.length()).filter_map(|position| marks.get(position)) {
        let mark: Element = mark.unchecked_into();
        let Some(computed) = window().get_computed_style(&mark)? else { continue };
        for style in STYLES {
            let value = computed.get_property_value(style)?;
            if !(style.starts_with("font") && mark.tag_name() != "text") {
                mark.set_attribute(style, &value)?;
            }
        }
    }
    // Only now, since a colour may depend on the class of what is around.
    for mark in (0..marks.length()).filter_map(|position| marks.get(position)) {
        mark.unchecked_into::<Element>().remove_attribute("class")?;
    }
    root.remove_attribute("class")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_file_names() {
        assert_eq!(file_name("Records per day (UTC)"), "records-per-day-utc");
        assert_eq!(file_name("Größe: 5 %"), "größe-5");
    }
}
