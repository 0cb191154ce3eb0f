@echo off
rem Drop scans (files or folders) onto this file, or onto a shortcut to it. The page and the pictures
rem come to the folder gppi-results beside the first scan.
setlocal
if "%~1"=="" (
	echo Drop scans, files or folders, onto this file: see README.txt
	pause
	exit /b 2
)
set "results=%~dp1gppi-results"
if not exist "%results%\" mkdir "%results%"
"%~dp0gppi.exe" detect --qc "%results%" --report "%results%\report.html" %*
set status=%errorlevel%
if exist "%results%\report.html" start "" "%results%\report.html"
echo.
pause
exit /b %status%
