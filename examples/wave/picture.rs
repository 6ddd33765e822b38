//! A slice of a field as a picture: in the terminal, and as a PNG file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Rows of values, the first of each row at the left, and how much is full brightness.
pub(crate) struct Picture<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) width: usize,
    pub(crate) scale: f32,
}

impl Picture<'_> {
    fn height(&self) -> usize {
        self.values.len() / self.width
    }

    /// Blue below zero, red above, white at the far ends.
    fn colour(&self, x: usize, y: usize) -> [u8; 3] {
        let value = (self.values[y * self.width + x] / self.scale).clamp(-1.0, 1.0);
        let level = |from: f32| ((value.abs() - from).clamp(0.0, 0.5) * 2.0 * 255.0) as u8;
        if value < 0.0 { [level(0.5), level(0.5), level(0.0)] } else { [level(0.0), level(0.5), level(0.5)] }
    }

    /// Draws it with two pixels a character, at most so many characters wide.
    pub(crate) fn draw(&self, out: &mut impl Write, columns: usize) -> io::Result<()> {
        let step = self.width.div_ceil(columns.max(1));
        for y in (0..self.height()).step_by(2 * step) {
            for x in (0..self.width).step_by(step) {
                let [r, g, b] = self.colour(x, y);
                let below = if y + step < self.height() { self.colour(x, y + step) } else { [0; 3] };
                write!(out, "\x1b[38;2;{r};{g};{b}m\x1b[48;2;{};{};{}m\u{2580}", below[0], below[1], below[2])?;
            }
            writeln!(out, "\x1b[0m")?;
        }
        Ok(())
    }

    /// How many lines [`draw`](Self::draw) writes.
    pub(crate) fn lines(&self, columns: usize) -> usize {
        self.height().div_ceil(2 * self.width.div_ceil(columns.max(1)))
    }

    /// Writes a PNG file, a pixel a value.
    pub(crate) fn save(&self, path: &Path) -> Result<(), png::EncodingError> {
        let file = BufWriter::new(File::create(path)?);
        let mut encoder = png::Encoder::new(file, self.width as u32, self.height() as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let pixels = (0..self.height()).flat_map(|y| (0..self.width).flat_map(move |x| self.colour(x, y)));
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&pixels.collect::<Vec<u8>>())?;
        writer.finish()
    }
}
