//! Pictures of any size that no two are alike.

use std::path::{Path, PathBuf};

use shanxun_tests::crash::Dice;

/// A JPEG of noise: a picture of `side` pixels has about `side * side` bytes.
pub fn noise(dice: &mut Dice, folder: &Path, name: &str, side: u32) -> PathBuf {
    let path = folder.join(name);
    let picture = image::RgbImage::from_fn(side, side, |_, _| {
        let [r, g, b, ..] = dice.below(1 << 24).to_le_bytes();
        image::Rgb([r, g, b])
    });
    picture.save(&path).expect("a picture");
    path
}
