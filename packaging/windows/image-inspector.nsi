; Windows' installer, for one user and without administrator's rights. packaging/build compiles it:
;   makensis -DVERSION=… -DNUMBERS=a.b.c.0 -DFOLDER=<one-folder build> -DICONS=<drawn icons> -DOUT=setup.exe image-inspector.nsi
; NOT RUN by us: there was no Windows. CI compiles it around a dummy, so that it stays free of errors of spelling.
Unicode true
ManifestDPIAware true
RequestExecutionLevel user
SetCompressor /SOLID lzma

!include "MUI2.nsh"

!define NAME "Image Inspector"
!define PROGID "ImageInspector.Archive"
!define CLASSES "Software\Classes"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\ImageInspector"

Name "${NAME} ${VERSION}"
OutFile "${OUT}"
; No page asks for a folder: what the uninstaller removes is only ever in this one.
InstallDir "$LOCALAPPDATA\Programs\ImageInspector"
VIProductVersion "${NUMBERS}"
VIAddVersionKey "ProductName" "${NAME}"
VIAddVersionKey "FileDescription" "See what is inside a container image archive"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "The authors of Image Inspector, Apache-2.0"

!define MUI_ICON "${ICONS}/app.ico"
!define MUI_UNICON "${ICONS}/app.ico"
!define MUI_FINISHPAGE_RUN "$INSTDIR\image-inspector.exe"
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; "Open with" lists the program for EXT; whatever opens EXT by default stays.
!macro OfferFor EXT
  WriteRegNone HKCU "${CLASSES}\${EXT}\OpenWithProgids" "${PROGID}"
  WriteRegStr HKCU "${CLASSES}\Applications\image-inspector.exe\SupportedTypes" "${EXT}" ""
!macroend

; Undoes both, and the default only if it is still ours.
!macro ForgetFor EXT
  DeleteRegValue HKCU "${CLASSES}\${EXT}\OpenWithProgids" "${PROGID}"
  ReadRegStr $0 HKCU "${CLASSES}\${EXT}" ""
  StrCmp $0 "${PROGID}" 0 +2
  DeleteRegValue HKCU "${CLASSES}\${EXT}" ""
!macroend

Section "${NAME}" Program
  SectionIn RO
  SetOutPath "$INSTDIR"
  ; An upgrade leaves no library of the version before behind.
  RMDir /r "$INSTDIR\_internal"
  File /r "${FOLDER}/*"
  File "/oname=image-archive.ico" "${ICONS}/image-archive.ico"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\${NAME}.lnk" "$INSTDIR\image-inspector.exe"

  WriteRegStr HKCU "${CLASSES}\${PROGID}" "" "Container image archive"
  WriteRegStr HKCU "${CLASSES}\${PROGID}\DefaultIcon" "" "$INSTDIR\image-archive.ico"
  WriteRegStr HKCU "${CLASSES}\${PROGID}\shell\open\command" "" '"$INSTDIR\image-inspector.exe" "%1"'
  WriteRegStr HKCU "${CLASSES}\Applications\image-inspector.exe" "FriendlyAppName" "${NAME}"
  WriteRegStr HKCU "${CLASSES}\Applications\image-inspector.exe\shell\open\command" "" '"$INSTDIR\image-inspector.exe" "%1"'
  !insertmacro OfferFor ".tar"
  !insertmacro OfferFor ".tgz"
  !insertmacro OfferFor ".oci"
  !insertmacro OfferFor ".ocitar"

  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "${NAME}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\image-inspector.exe"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  Call TellExplorer
SectionEnd

; A choice, not ticked: the endings that nobody else uses. Never .tar.
Section /o "Open .oci and .ocitar files with it" Associate
  WriteRegStr HKCU "${CLASSES}\.oci" "" "${PROGID}"
  WriteRegStr HKCU "${CLASSES}\.ocitar" "" "${PROGID}"
  Call TellExplorer
SectionEnd

LangString ABOUT_PROGRAM ${LANG_ENGLISH} "The window and its terminal twin."
LangString ABOUT_ASSOCIATE ${LANG_ENGLISH} "A double click on these files opens them here. *.tar files keep what opens them now."
!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${Program} $(ABOUT_PROGRAM)
  !insertmacro MUI_DESCRIPTION_TEXT ${Associate} $(ABOUT_ASSOCIATE)
!insertmacro MUI_FUNCTION_DESCRIPTION_END

Function TellExplorer
  ; SHCNE_ASSOCCHANGED
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
FunctionEnd

Section "Uninstall"
  !insertmacro ForgetFor ".tar"
  !insertmacro ForgetFor ".tgz"
  !insertmacro ForgetFor ".oci"
  !insertmacro ForgetFor ".ocitar"
  DeleteRegKey HKCU "${CLASSES}\${PROGID}"
  DeleteRegKey HKCU "${CLASSES}\Applications\image-inspector.exe"
  DeleteRegKey HKCU "${UNINSTALL}"
  Delete "$SMPROGRAMS\${NAME}.lnk"
  RMDir /r "$INSTDIR\_internal"
  RMDir /r "$INSTDIR\licences"
  Delete "$INSTDIR\image-inspector.exe"
  Delete "$INSTDIR\image-inspector-cli.exe"
  Delete "$INSTDIR\image-archive.ico"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
SectionEnd
