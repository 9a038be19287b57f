@Library('shared@3d3c42e5aac5ba805825da76410c181273ba90b1') _
/* @Library('old@main') _
*/
def text = "see @ Library"
