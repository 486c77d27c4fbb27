package io.nngeometry.fisher;

/**
 * What making a matrix is to the examples.
 *
 * @param recorded whether they are read with a record of what every layer sees; forward mode else
 * @param readings how often
 * @param vectors numbers of parameter vectors that are held meanwhile
 * @param need what one example needs beside that
 */
record Work(boolean recorded, int readings, int vectors, Need need) {}
