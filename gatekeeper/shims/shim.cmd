@echo off
rem gatekeeper shim: what installs nothing goes straight to the real @NAME@, all else through gatekeeper.
setlocal
set "real="
for /f "delims=" %%P in ('where @NAME@.exe @NAME@.cmd 2^>nul') do if not defined real if /i not "%%~dpP"=="%~dp0" set "real=%%P"
if not defined real echo gatekeeper: @NAME@: not found behind its shim>&2& exit /b 127
if "%~1"=="" goto through
@PASS@
if "%~2"=="" for %%V in (-h -V -v --help --version) do if "%~1"=="%%V" goto through
@PYTHON@ -I -m gatekeeper install @CLIENT@ @TARGET@ %*
exit /b %errorlevel%
:through
"%real%" %*
