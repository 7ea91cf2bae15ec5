#!/usr/bin/env bash
# Wraps the one-folder build into a Debian package: build-deb.sh ONEDIR VERSION OUT.deb
set -euo pipefail
onedir=$1 version=$2 out=$3
package=oci-image-inspector id=io.github.oci_image_inspector.ImageInspector
here=$(dirname "$(readlink -f "$0")")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
umask 022
chmod 755 "$root"

share=$root/usr/share
install -d "$root"/{DEBIAN,opt,usr/bin} "$share"/{applications,metainfo,mime/packages,icons/hicolor/scalable/apps,doc/$package}
cp -a "$onedir" "$root/opt/$package"
find "$root/opt" -type f -name '*.so*' -exec chmod 644 {} +
find "$root/opt" -type d -exec chmod 755 {} +
for program in image-inspector image-inspector-cli; do
  ln -s "/opt/$package/$program" "$root/usr/bin/$program"
done
install -m644 "$here/../linux/$id.desktop" "$share/applications/"
install -m644 "$here/../linux/$id.metainfo.xml" "$share/metainfo/"
install -m644 "$here/../linux/$id.mime.xml" "$share/mime/packages/$id.xml"
install -m644 "$here/../../resources/icons/app.svg" "$share/icons/hicolor/scalable/apps/$id.svg"
cat > "$share/doc/$package/copyright" <<C
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2026 The authors of Image Inspector
License: Apache-2.0
 On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.
C
printf '%s (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- The authors <nobody@invalid>  %s\n' \
  "$package" "$version" "$(date -R)" | gzip -9n > "$share/doc/$package/changelog.gz"
cat > "$root/DEBIAN/control" <<C
Package: $package
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: The authors <nobody@invalid>
Installed-Size: $(du -sk "$root" | cut -f1)
Depends: libc6 (>= 2.34), libegl1, libgl1, fontconfig, fonts-dejavu-core | fonts-liberation, shared-mime-info
Recommends: xdg-desktop-portal
Section: utils
Priority: optional
Description: see what is inside a container image archive
 Opens what docker save and OCI tools write, shows images, layers and files
 without running or unpacking anything, and re-saves them OCI compliant.
C
dpkg-deb --root-owner-group -Zxz --build "$root" "$out"
