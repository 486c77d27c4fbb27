@echo off
rem Runs the nngeometry command, building it first when it has not been built.
rem After changing sources run: mvn -DskipTests -pl cli -am package
setlocal
set "NNG_HOME=%~dp0"
set "NNG_JAR="
call :find_jar
if not defined NNG_JAR (
  echo building nngeometry ^(first run only^)... 1>&2
  pushd "%NNG_HOME%"
  call mvn -q -B -DskipTests -Djacoco.skip -Dspotless.check.skip=true -pl cli -am package 1>&2
  if errorlevel 1 (
    popd
    exit /b 1
  )
  popd
  call :find_jar
)
rem OpenBLAS has a thread pool beside libtorch's; on few cores the two spin against each other.
if not "%NNGEOMETRY_KEEP_ENV%"=="1" if not defined OPENBLAS_NUM_THREADS set "OPENBLAS_NUM_THREADS=1"
if not defined NNGEOMETRY_JAVA_OPTS set "NNGEOMETRY_JAVA_OPTS=-Xmx4g -Xms16m -Xmn4m -XX:+UseSerialGC"
java %NNGEOMETRY_JAVA_OPTS% -jar "%NNG_JAR%" %*
exit /b %ERRORLEVEL%

:find_jar
for %%j in ("%NNG_HOME%cli\target\nngeometry-cli-*.jar") do set "NNG_JAR=%%~fj"
exit /b 0
